import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import typescript from 'typescript-eslint'

export default defineConfig(
  {
    ignores: [
      'dist',
      'node_modules',
      'src/shared/kernels/wasm/assembly',
      'docs/reference',
      'coverage',
    ],
  },
  js.configs.recommended,
  ...typescript.configs.strictTypeChecked,
  ...typescript.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off', // noUncheckedIndexedAccess makes array arithmetic need it
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      'max-len': [
        'error',
        {
          code: 100,
          ignoreStrings: true,
          ignoreTemplateLiterals: true,
          ignoreRegExpLiterals: true,
          ignoreUrls: true,
          ignorePattern: 'eslint-disable-line|\\[/',
        },
      ],
    },
  },
  {
    files: ['src/shared/**'],
    ignores: ['src/shared/node/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: ['node:*', 'piscina', 'comlink*', '@koromix/*'] },
      ],
    },
  },
  {
    files: ['src/shared/numerics/random.ts', 'test/shared/numerics/random.test.ts'],
    rules: { 'no-loss-of-precision': 'off' }, // coefficients as published
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' }, // expect.any() is typed any
  },
  {
    files: ['**/*.js'], // benches and workers for tests, which run as they are
    extends: [typescript.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        console: 'readonly',
        performance: 'readonly',
        process: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        URL: 'readonly',
        WebAssembly: 'readonly',
        SharedArrayBuffer: 'readonly',
        Atomics: 'readonly',
      },
    },
  },
)
