// Rules for the page's source: TypeScript, and the rules of hooks (Preact has the hooks of React).
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(...tseslint.configs.recommended, {
  plugins: { "react-hooks": hooks },
  rules: {
    "react-hooks/rules-of-hooks": "error",
    "@typescript-eslint/no-non-null-assertion": "off",
    "no-console": "error",
    eqeqeq: "error",
    "max-lines": ["error", 300],
  },
});
