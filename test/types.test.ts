// The types that the package ships compile for whoever uses them, whatever they compile with. The
// fixtures import the package by its name, which is resolved through its `exports`.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const fixture = (name: string): string => join(root, 'test/fixtures/types', name)
const settings = [
  { types: [], dom: false, resolution: 'nodenext' },
  { types: [], dom: false, resolution: 'bundler' },
  { types: [], dom: true, resolution: 'bundler' },
  { types: ['node'], dom: false, resolution: 'nodenext' },
  { types: ['node'], dom: false, resolution: 'bundler' },
  { types: ['node'], dom: true, resolution: 'nodenext' },
] as const

/** Parsed once, whatever it is compiled with: the language's own types are large. */
const parsed = new Map<string, ts.SourceFile | undefined>()

function compile(types: readonly string[], dom: boolean, resolution: string): ts.Program {
  const bundler = resolution === 'bundler'
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', ...(dom ? ['lib.dom.d.ts'] : [])],
    module: bundler ? ts.ModuleKind.ESNext : ts.ModuleKind.NodeNext,
    moduleResolution: bundler ? ts.ModuleResolutionKind.Bundler : ts.ModuleResolutionKind.NodeNext,
    types: [...types],
    strict: true,
    exactOptionalPropertyTypes: false,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  }
  const host = ts.createCompilerHost(options)
  const parse = host.getSourceFile.bind(host)
  host.getSourceFile = (file, version, ...rest) => {
    const format = typeof version === 'object' ? version.impliedNodeFormat : undefined
    const key = `${file} ${format ?? ''}`
    if (!parsed.has(key)) parsed.set(key, parse(file, version, ...rest))
    return parsed.get(key)
  }
  const files = ['consumer.ts', ...(dom || types.length > 0 ? ['abort.ts'] : [])].map(fixture)
  return ts.createProgram(files, options, host)
}

for (const { types, dom, resolution } of settings) {
  const title = `${types.length > 0 ? 'Node' : 'no Node'}, ${dom ? 'DOM' : 'no DOM'}, ${resolution}`
  it(`the shipped types compile without skipLibCheck: ${title}`, () => {
    const program = compile(types, dom, resolution)
    const sources = program.getSourceFiles()
    // Those of TypeScript and of Node are not ours to check, and they are large.
    const ours = sources.filter(({ fileName }) => !fileName.includes('/node_modules/'))
    const diagnostics = [
      ...program.getOptionsDiagnostics(),
      ...program.getGlobalDiagnostics(),
      ...ours.flatMap((file) => program.getSyntacticDiagnostics(file)),
      ...ours.flatMap((file) => program.getSemanticDiagnostics(file)),
    ]
    const messages = diagnostics.map(({ file, messageText }) => {
      const message = ts.flattenDiagnosticMessageText(messageText, ' ')
      return `${file?.fileName ?? ''}: ${message}`
    })
    expect(messages).toEqual([])

    const files = sources.map(({ fileName }) => fileName.slice(root.length))
    expect(files).toContain('dist/main/index.d.ts')
    expect(files).toContain('dist/main/pictures/index.d.ts')
    const packages = files
      .filter((file) => file.startsWith('node_modules/'))
      .map((file) => /^node_modules\/((@[^/]+\/)?[^/]+)/.exec(file)![1])
    const allowed = ['typescript', ...(types.length > 0 ? ['@types/node', 'undici-types'] : [])]
    expect(allowed).toEqual(expect.arrayContaining([...new Set(packages)]))
  })
}
