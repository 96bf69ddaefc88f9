import assert from "node:assert/strict";
import { parseSettings } from "../../config/settings";
import { ExitCode, UserError } from "../../lib/errors";

/** The mistakes that the settings are refused with; none where they are good. */
export function mistakesOf(raw: Readonly<Record<string, unknown>>): readonly string[] {
    try {
        parseSettings(raw);
    } catch (error) {
        assert.ok(error instanceof UserError, String(error));
        assert.equal(error.exitCode, ExitCode.usage);
        return error.details;
    }
    return [];
}
