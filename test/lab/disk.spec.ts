import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { LabBinaries } from "../../lab/binaries";
import { onDisk } from "../../lab/disk";
import { startLab } from "../../lab/lab";
import { UserError } from "../../lib/errors";
import { exec, ExecFailure } from "../../lib/exec";
import { unexpected } from "../support/fakes";

const failingWith = (code: string) => () =>
    Promise.reject(Object.assign(new Error(`${code}: no`), { code, syscall: "write" }));

describe("lab on a disk that refuses", () => {
    const home = process.env["ANCHORAGE_HOME"];
    let folder: string;

    beforeEach(() => {
        folder = mkdtempSync(path.join(tmpdir(), "anchorage-disk-"));
    });

    afterEach(() => {
        process.env["ANCHORAGE_HOME"] = home;
        rmSync(folder, { recursive: true });
    });

    it("names the folder that cannot be made, and runs nothing", async () => {
        const file = path.join(folder, "file");
        writeFileSync(file, "");
        process.env["ANCHORAGE_HOME"] = path.join(file, "home");
        const start = startLab({ name: "a", binaries: {} as LabBinaries, exec: unexpected("exec") });
        await assert.rejects(start, (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.match(error.render(), /labs\/a cannot be used: a file is in its way\n[^]*next: [^]*ANCHORAGE_HOME/);
            return true;
        });
    });

    for (const [code, words] of [
        ["ENOSPC", /no space is left[^]*free some space/],
        ["EDQUOT", /quota is used up[^]*free some space/],
        ["EACCES", /may not be written[^]*make it writable/],
        ["EROFS", /read-only[^]*make it writable/],
    ] as const) {
        it(`says what ${code} means`, async () => {
            await assert.rejects(onDisk("/lab", failingWith(code)), (error: unknown) => {
                assert.ok(error instanceof UserError);
                assert.match(error.render(), /^the folder \/lab cannot be used: /);
                assert.match(error.render(), words);
                return true;
            });
        });
    }

    it("leaves alone what is no refusal of the disk", async () => {
        await assert.rejects(
            onDisk(folder, () => exec(path.join(folder, "no-such-program"), [])),
            ExecFailure,
        );
        await assert.rejects(onDisk(folder, failingWith("ECONNREFUSED")), { code: "ECONNREFUSED" });
        const refused = new UserError("no");
        await assert.rejects(
            onDisk(folder, () => Promise.reject(refused)),
            refused,
        );
        writeFileSync(path.join(folder, "a"), "kept");
        assert.equal(await onDisk(folder, () => readFile(path.join(folder, "a"), "utf8")), "kept");
    });
});
