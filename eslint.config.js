import js from '@eslint/js'
import typescript from 'typescript-eslint'

/** The arrows of the house run one way: main -> workers (by URL) -> shared. */
function arrows(folder, forbidden, message) {
  return {
    files: [`src/${folder}/**`],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group: forbidden, message }] }] },
  }
}

export default typescript.config(
  { ignores: ['dist', 'node_modules', 'src/shared/kernels/assembly'] },
  js.configs.recommended,
  ...typescript.configs.strictTypeChecked,
  ...typescript.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js'] }, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off', // noUncheckedIndexedAccess makes array arithmetic need it
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
    },
  },
  arrows('shared', ['node:*', 'piscina', 'comlink*', '**/main/**', '**/workers/**'], 'shared imports nothing above it and runs in browsers too'),
  arrows('workers', ['**/main/**'], 'workers import shared only'),
  arrows('main', ['**/workers/**'], 'main starts workers by URL'),
  {
    files: ['src/shared/random.ts'],
    rules: { 'no-loss-of-precision': 'off' }, // coefficients as published
  },
)
