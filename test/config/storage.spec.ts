import assert from "node:assert/strict";
import { mistakesOf } from "../support/settings";

type Raw = Readonly<Record<string, unknown>>;

/** What is refused, the one sentence that says so, and a neighbour that is allowed. */
interface Case {
    readonly title: string;
    readonly refused: Raw;
    readonly because: RegExp;
    readonly allowed: Raw;
}

const volume = { kind: "volume" };
const shared = { kind: "volume", accessMode: "ReadWriteMany" };
const nfs = { kind: "nfs", server: "10.0.0.5" };
const harbor = (more: Raw): Raw => ({ harbor: more });

const cases: readonly Case[] = [
    {
        title: "a ReadWriteOnce volume with several registry pods",
        refused: { storage: volume, ...harbor({ replicas: { registry: 3 } }) },
        because: /^harbor\.replicas\.registry is 3, but storage\.accessMode is ReadWriteOnce: set storage\.accessMode/,
        allowed: { storage: nfs, ...harbor({ replicas: { registry: 3 } }) },
    },
    {
        title: "a ReadWriteOnce volume with rolling updates",
        refused: { storage: volume, ...harbor({ updateStrategy: "RollingUpdate" }) },
        because: /^harbor\.updateStrategy is RollingUpdate, but storage\.accessMode is ReadWriteOnce/,
        allowed: { storage: nfs, ...harbor({ updateStrategy: "RollingUpdate" }) },
    },
    {
        title: "job logs of several pods in files without a shared volume",
        refused: { storage: volume, ...harbor({ jobLogs: "file", replicas: { jobservice: 2 } }) },
        because: /^harbor\.jobLogs is "file" with 2 jobservice replicas and no ReadWriteMany volume/,
        allowed: { storage: nfs, ...harbor({ jobLogs: "file", replicas: { jobservice: 2 } }) },
    },
    {
        title: "a class for volumes that are folders on NFS",
        refused: { storage: nfs, persistence: { storageClass: "fast" } },
        because: /^persistence\.storageClass is "fast", but storage\.kind nfs/,
        allowed: { storage: shared, persistence: { storageClass: "fast" } },
    },
    {
        title: "an exported folder that is not absolute",
        refused: { storage: { ...nfs, path: "export" } },
        because: /^storage\.path is "export"; it must begin with \//,
        allowed: { storage: { ...nfs, path: "/export" } },
    },
    {
        title: "NFS without a server",
        refused: { storage: { kind: "nfs" } },
        because: /^storage\.server is missing/,
        allowed: { storage: nfs },
    },
];

describe("settings of storage", () => {
    for (const { title, refused, because, allowed } of cases) {
        it(`refuse ${title}, and allow its neighbour`, () => {
            const cluster = { kind: "kubeconfig" };
            const [first, ...rest] = mistakesOf({ cluster, ...refused });
            assert.match(first ?? "nothing was refused", because);
            assert.deepEqual(rest, []);
            assert.deepEqual(mistakesOf({ cluster, ...allowed }), []);
        });
    }
});
