"use strict";
// The entry of the policy pack: Pulumi runs it as it is, and the rules are TypeScript.
require("../bin/typescript.js");
require("./pack.ts");
