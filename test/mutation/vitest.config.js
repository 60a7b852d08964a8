import { defineConfig } from 'vitest/config'
import shared from '../../vitest.config.ts'

export default defineConfig({
  test: { ...shared.test, globalSetup: [], include: process.env.MUTATION_TESTS.split(';') },
})
