import assert from "node:assert/strict";
import { checkEncryptionKey } from "../../config/checks/encryption-key";
import { parseSettings } from "../../config/settings";
import { ExitCode, UserError } from "../../lib/errors";
import { mistakesOf } from "../support/settings";

const withKey = (encryptionKey: unknown): Readonly<Record<string, unknown>> => ({
    cluster: { kind: "lab" },
    harbor: { encryptionKey },
});

describe("the key of another registry", () => {
    it("is left out by most stacks", () => {
        assert.equal(parseSettings({ cluster: { kind: "lab" } }).harbor.encryptionKey, undefined);
    });

    it("has exactly 16 characters", () => {
        assert.deepEqual(mistakesOf(withKey("abcDEF0123456789")), []);
    });

    const refused: readonly (readonly [title: string, key: string, because: RegExp])[] = [
        ["17 characters", "abcDEF0123456789x", /^harbor\.encryptionKey has 17 characters: set exactly 16 /],
        ["15 characters", "abcDEF012345678", /has 15 characters/],
        ["the line's end with it", "abcDEF012345678\n", /has 16 characters, white space among them/],
        ["16 characters of more bytes", "abcDEF012345678é", /has 16 characters of 17 bytes/],
        ["the chart's default", "not-a-secure-key", /is the default of Harbor's chart, which everybody knows/],
    ];
    for (const [title, key, because] of refused) {
        it(`is refused: ${title}; and not shown`, () => {
            const mistakes = mistakesOf(withKey(key));
            assert.equal(mistakes.length, 1);
            assert.match(mistakes[0] ?? "", because);
            assert.ok(!mistakes.join("").includes(key.trim()));
        });
    }

    it("is not shown where it is no text", () => {
        assert.throws(
            () => parseSettings(withKey(1234567890123456)),
            (error: unknown) => {
                assert.ok(error instanceof UserError);
                assert.equal(error.exitCode, ExitCode.usage);
                assert.ok(!error.render().includes("1234567890123456"));
                return true;
            },
        );
    });

    it("passes the check of settings that are good", () => {
        assert.deepEqual(checkEncryptionKey(parseSettings(withKey("0123456789abcdef"))), []);
    });
});
