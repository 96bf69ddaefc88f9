import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { clientPod } from "../../automation/backup/database-pod";
import { restoreScript } from "../../automation/backup/database-sql";
import { EndMark } from "../../automation/backup/end-mark";
import { Frames, unframe } from "../../automation/backup/frames";
import { exec } from "../../lib/exec";

/** In pieces of some sizes, so that no border is where a chunk has its own. */
function pieces(content: Buffer, ...sizes: readonly number[]): Readable {
    const chunks: Buffer[] = [];
    for (let at = 0, turn = 0; at < content.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        chunks.push(content.subarray(at, at + size));
        at += size;
    }
    return Readable.from(chunks);
}

async function throughMark(content: string, ...sizes: readonly number[]): Promise<string> {
    return (await buffer(pieces(Buffer.from(content), ...sizes).pipe(new EndMark("END", "the dump")))).toString();
}

describe("the end mark of a dump", () => {
    it("is taken off, however the stream is cut into pieces", async () => {
        for (const sizes of [[1], [2, 3], [100]])
            assert.equal(await throughMark("contENDentEND", ...sizes), "contENDent");
        assert.equal(await throughMark("END", 1), "");
    });

    it("makes a stream without it an error", async () => {
        for (const cut of ["", "EN", "content", "contentEN"])
            await assert.rejects(throughMark(cut, 2), /the dump ends too early: the connection was cut/);
    });
});

describe("frames", () => {
    const content = Buffer.from(Array.from({ length: 2_500_000 }, (_, index) => (index * 31) % 256));
    const unframed = async (framed: Readable): Promise<Buffer> => {
        const out = new PassThrough();
        const [taken] = await Promise.all([
            buffer(out),
            exec("sh", ["-c", `${unframe}\nunframe`], { stdin: framed, stdout: out }).then(
                () => out.end(),
                (error: unknown) => out.destroy(error as Error),
            ),
        ]);
        return taken;
    };

    it("bring a stream through a shell as it is", async () => {
        assert.ok((await unframed(pieces(content, 65_536, 1, 900_000).pipe(new Frames()))).equals(content));
        assert.equal((await unframed(Readable.from([]).pipe(new Frames()))).length, 0);
    });

    it("tell a stream that was cut", async () => {
        const framed = await buffer(pieces(content, 700_000).pipe(new Frames()));
        for (const length of [framed.length - 2, 1_000_000, 3, 0])
            await assert.rejects(unframed(pieces(framed.subarray(0, length), 500_000)), /exit code 1/);
    });

    it("carry on the error of the stream before them", async () => {
        const frames = new Frames();
        const broken = new Readable({
            read() {
                this.destroy(new Error("the source broke"));
            },
        });
        const fed = assert.rejects(pipeline(broken, frames), /the source broke/);
        await assert.rejects(unframed(frames), /the source broke/);
        await fed;
    });
});

describe("the database's client Pod", () => {
    const database = {
        kind: "external",
        host: "db.example.com",
        port: 6432,
        database: "registry",
        user: "harbor",
        sslmode: "verify-full",
        password: { secretName: "harbor-database-credentials", secretKey: "password" },
    } as const;

    it("trusts the CA that Harbor trusts, or the public ones", () => {
        const given = { ...database, ca: { secretName: "harbor-database-ca", secretKey: "ca.crt" } };
        const text = JSON.stringify(clientPod("client-1", "registry", given));
        assert.match(text, /"name":"PGSSLROOTCERT","value":"\/ca\/ca\.crt"/);
        assert.match(text, /"mountPath":"\/ca","readOnly":true/);
        assert.match(text, /"secretName":"harbor-database-ca","items":\[\{"key":"ca\.crt","path":"ca\.crt"\}\]/);
        const publicOnes = JSON.stringify(clientPod("client-1", "registry", database));
        assert.match(publicOnes, /"value":"\/etc\/ssl\/certs\/ca-certificates\.crt"/);
        assert.doesNotMatch(publicOnes, /volume/);
    });

    it("names the password's Secret, ends by itself, and asks for no rights", () => {
        const text = JSON.stringify(clientPod("client-1", "registry", database));
        for (const part of [
            '"name":"PGHOST","value":"db.example.com"',
            '"name":"PGPORT","value":"6432"',
            '"name":"PGSSLROOTCERT"',
            '"secretKeyRef":{"name":"harbor-database-credentials","key":"password"}',
            '"activeDeadlineSeconds":43200',
            '"runAsNonRoot":true',
            '"allowPrivilegeEscalation":false',
            '"drop":["ALL"]',
            '"automountServiceAccountToken":false',
        ])
            assert.ok(text.includes(part), part);
        const plain = JSON.stringify(clientPod("client-1", "registry", { ...database, sslmode: "disable" }));
        assert.ok(!plain.includes("PGSSLROOTCERT"));
    });
});

describe("the restore's script", () => {
    it("takes out what older servers do not know, and leaves the content of tables alone", async () => {
        const filter = /sed -e '([^']*)'/.exec(restoreScript)?.[1] ?? "";
        const line = "SET transaction_timeout = 0;";
        const input = `BEGIN;\n${line}\nCREATE TABLE a ();\nCOPY a FROM stdin;\n${line}\n\\.\n`;
        const { stdout } = await exec("sed", ["-e", filter], { input });
        assert.equal(stdout, `BEGIN;\nCREATE TABLE a ();\nCOPY a FROM stdin;\n${line}\n\\.`);
    });
});
