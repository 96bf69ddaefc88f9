import assert from "node:assert/strict";
import { mistakesOf } from "../support/settings";

type Raw = Readonly<Record<string, unknown>>;

const onCluster: Raw = { cluster: { kind: "kubeconfig" } };
const server = { kind: "external", host: "redis.example.com" };
const sentinels = { kind: "external-sentinel", sentinels: ["sentinel-0:26379", "sentinel-1:26379"] };
const harbor = (version: string): Raw => ({ harbor: { version } });

/** What is refused, the one sentence that says so, and a neighbour that is allowed. */
interface Case {
    readonly title: string;
    readonly refused: Raw;
    readonly because: RegExp;
    readonly allowed: Raw;
}

const cases: readonly Case[] = [
    {
        title: "TLS to servers behind Sentinels",
        refused: { cache: { ...sentinels, tls: true } },
        because: /^cache\.tls is true with Sentinels: .*registry.*set cache\.tls to false/,
        allowed: { cache: { ...server, tls: true } },
    },
    {
        title: "a password of the Sentinels",
        refused: { cache: { ...sentinels, sentinelPassword: "hush" } },
        because: /^cache\.sentinelPassword is set, but Harbor cannot log in at a Sentinel \(harbor#22538\)/,
        allowed: { cache: { ...sentinels, password: "hush" } },
    },
    {
        title: "a Redis Cluster",
        refused: { cache: { ...server, mode: "cluster" } },
        because: /^cache\.mode is "cluster".*cache\.kind external-sentinel/,
        allowed: { cache: { ...server, mode: "standalone" } },
    },
    {
        title: "an even number of Sentinels",
        refused: { cache: { kind: "redis-ot", sentinels: 4 } },
        because: /^cache\.sentinels is 4: .*set 3 or 5/,
        allowed: { cache: { kind: "redis-ot", sentinels: 5 } },
    },
    {
        title: "more servers than Sentinels with an operator that never takes them for ready",
        refused: { cache: { kind: "redis-spotahome", replicas: 5 } },
        because: /^cache\.replicas is 5, but cache\.sentinels is 3.*set cache\.replicas to 3 or less/,
        allowed: { cache: { kind: "redis-ot", replicas: 5 } },
    },
    {
        title: "two passwords",
        refused: { cache: { ...server, password: "hush", existingSecret: "redis" } },
        because: /^cache\.existingSecret is "redis", and cache\.password is set as well: set one of them/,
        allowed: { cache: { ...server, existingSecret: "redis" } },
    },
    {
        title: "a user without a password",
        refused: { cache: { ...sentinels, user: "harbor", existingSecret: "redis" } },
        because: /^cache\.user is "harbor" without a password.*REDIS_USERNAME/,
        allowed: { cache: { ...sentinels, user: "harbor", password: "hush" } },
    },
    {
        title: "a user with a chart that knows none",
        refused: { cache: { ...server, user: "harbor", password: "hush" }, ...harbor("2.13.1") },
        because: /^cache\.user is "harbor", but charts before 1\.18 \(Harbor 2\.14\) know no ACL user/,
        allowed: { cache: { ...server, user: "harbor", password: "hush" }, ...harbor("2.14.4") },
    },
    {
        title: "TLS with a chart that knows none",
        refused: { cache: { ...server, tls: true }, ...harbor("2.12.2") },
        because: /^cache\.tls is true, but harbor\.version is "2\.12\.2", and TLS to Redis came with chart 1\.17/,
        allowed: { cache: { ...server, tls: true }, ...harbor("2.13.1") },
    },
    {
        title: "a password that an older chart would write into a URL as it is",
        refused: { cache: { ...server, password: "hu/sh@x" }, ...harbor("2.14.4") },
        because: /^cache\.password has characters that charts before 1\.19/,
        allowed: { cache: { ...server, password: "hu/sh@x" } },
    },
    {
        title: "a Sentinel without its port",
        refused: { cache: { kind: "external-sentinel", sentinels: ["sentinel-0"] } },
        because: /^cache\.sentinels\.0 is "sentinel-0"; it must be host:port/,
        allowed: { cache: sentinels },
    },
    {
        title: "a master set whose name would end a URL's path",
        refused: { cache: { ...sentinels, master: "my/master" } },
        because: /^cache\.master is "my\/master"; it must be a name/,
        allowed: { cache: { ...sentinels, master: "my-master_1" } },
    },
];

describe("cache settings", () => {
    for (const { title, refused, because, allowed } of cases) {
        it(`refuse ${title}, allow its neighbour`, () => {
            const [first, ...rest] = mistakesOf({ ...onCluster, ...refused });
            assert.match(first ?? "nothing was refused", because);
            assert.deepEqual(rest, []);
            assert.deepEqual(mistakesOf({ ...onCluster, ...allowed }), []);
        });
    }

    it("never show a password", () => {
        const shown = mistakesOf({
            ...{ ...onCluster, ...harbor("2.12.2") },
            cache: { ...sentinels, password: "hu/sh", sentinelPassword: "hu/sh", existingSecret: "x", user: "u" },
        });
        assert.equal(shown.length, 4, shown.join("\n"));
        assert.doesNotMatch(shown.join("\n"), /hu\/sh/);
    });
});
