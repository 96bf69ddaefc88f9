import { isArray, isObject, listAt, textAt, type Json, type Resource } from "../resource";
import type { Rule } from "../rule";

const blocks = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"] as const;

export const noPublicBucket: Rule = {
    name: "no-public-bucket",
    level: "mandatory",
    description: "Nobody reads a bucket without keys: images and backups hold what a company makes.",
    resource: (resource) => [...openBlock(resource), ...publicAcl(resource), ...publicPolicy(resource)],
    stack: (resources) => {
        const guarded = new Set(resources.filter(({ type }) => isBlock(type)).flatMap(({ dependsOn }) => dependsOn));
        return resources
            .filter(({ type, name }) => isBucket(type) && !guarded.has(name))
            .map(({ name }) => `${name} has no BucketPublicAccessBlock: add one for it`);
    },
};

function isBucket(type: string): boolean {
    return /^aws:s3\/bucket(V2)?:Bucket(V2)?$/.test(type);
}

function isBlock(type: string): boolean {
    return type.startsWith("aws:s3/bucketPublicAccessBlock:");
}

function openBlock({ type, props }: Resource): string[] {
    if (!isBlock(type)) return [];
    return blocks.filter((key) => props[key] !== true).map((key) => `${key} is not true: set it to true`);
}

function publicAcl({ type, props }: Resource): string[] {
    if (!type.startsWith("aws:s3/bucket")) return [];
    const acl = textAt(props, "acl");
    return acl?.startsWith("public-") === true || acl === "authenticated-read"
        ? [`acl is "${acl}": leave it out; who may read is said by a user's policy`]
        : [];
}

function publicPolicy({ type, props }: Resource): string[] {
    if (!type.startsWith("aws:s3/bucketPolicy:")) return [];
    return listAt(documentOf(props["policy"]), "Statement")
        .filter((statement) => textAt(statement, "Effect") === "Allow" && isEverybody(statement))
        .map(
            (statement) =>
                `statement ${textAt(statement, "Sid") ?? "without a Sid"} allows everybody: name the users as its Principal`,
        );
}

/** As an object or as its text. */
function documentOf(policy: Json | undefined): Json | undefined {
    if (typeof policy !== "string") return policy;
    try {
        return JSON.parse(policy) as Json;
    } catch {
        return undefined; // AWS refuses it
    }
}

function isEverybody(statement: Json): boolean {
    if (!isObject(statement)) return false;
    const principal = statement["Principal"];
    const aws = isObject(principal) ? principal["AWS"] : principal;
    return aws === "*" || (isArray(aws) && aws.includes("*"));
}
