#!/usr/bin/env node
"use strict";
// The TypeScript sources run as they are (typescript.js), so that an edited program is never shadowed by an older build.
require("./typescript.js");
require("../automation/engines/rehearsal/early.ts").startIfLikely(process.argv.slice(2), process.env, [
    require.resolve("../config/read-settings.ts"),
    require.resolve("../components/registry.ts"),
]);
require("../automation/cli.ts");
