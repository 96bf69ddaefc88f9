import tseslint from "typescript-eslint";

export default tseslint.config(
    { ignores: ["node_modules", ".anchorage", "coverage"] },
    {
        files: ["**/*.ts"],
        extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
        languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
        rules: {
            "@typescript-eslint/no-floating-promises": "error",
            // Catches an Output in a template literal: an Output is no string, number or boolean.
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
            "@typescript-eslint/restrict-plus-operands": "error",
            "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
            "@typescript-eslint/no-base-to-string": "error",
            "@typescript-eslint/dot-notation": "off", // noPropertyAccessFromIndexSignature asks for the brackets
            "@typescript-eslint/no-non-null-assertion": "error",
            "no-console": "error",
        },
    },
    {
        files: ["test/**/*.ts", "bench/**/*.ts", "examples/**/*.ts"],
        rules: { "no-console": "off" },
    },
    {
        files: ["automation/cli.ts", "bin/**", "lab/tools/share-modules.ts", "test/support/closing-line-reporter.js"],
        rules: { "no-console": "off" },
    },
);
