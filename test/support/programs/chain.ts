import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { UserError, ExitCode } from "../../../lib/errors";

/** A kind that nobody provides. */
class Strange extends pulumi.CustomResource {}

/** Two commands, one after the other. The first ends when the file `go` is there. */
const config = new pulumi.Config();
if (config.getBoolean("wrong")) {
    throw new UserError("2 settings are wrong", { details: ["one", "two"], exitCode: ExitCode.usage });
}
if (config.getBoolean("broken")) throw new TypeError("a defect of the program");
const first = new command.local.Command("first", {
    create: "echo x >> begun; while [ ! -e go ]; do sleep 0.05; done",
});
new command.local.Command("second", { create: "echo second" }, { dependsOn: first });
if (config.getBoolean("unknown")) new Strange("strange:index:Kind", "strange", {});
if (config.getBoolean("twice")) new command.local.Command("second", { create: "true" });
