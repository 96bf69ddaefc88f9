import assert from "node:assert/strict";
import { serialise } from "../../components/dynamic-resource";

describe("a self-contained dynamic provider", () => {
    it("is a module of its own text", async () => {
        const text = serialise({
            check(_olds: unknown, news: { name: string }) {
                return Promise.resolve({ inputs: news });
            },
            async create(inputs: { name: string }) {
                const twice = (value: string): string => value + value;
                await Promise.resolve();
                return { id: twice(inputs.name), outs: inputs };
            },
        });
        const exported = evaluate(text);
        assert.deepEqual(await exported.handler().create({ name: "a" }), { id: "aa", outs: { name: "a" } });
    });

    it("refuses a member that is not a method: its text would be no member of an object", () => {
        const create = (): never => {
            throw new Error("never called");
        };
        assert.throws(() => serialise({ create }), /create .* written as a method/);
    });
});

interface Exported {
    handler(): { create(inputs: object): Promise<object> };
}

/** As Pulumi's provider of dynamic resources loads it: with nothing around it. */
function evaluate(text: string): Exported {
    const exported = {} as Exported;
    // oxlint-disable-next-line typescript/no-implied-eval -- what is tested is text
    (new Function("exports", text) as (exports: Exported) => void)(exported);
    return exported;
}
