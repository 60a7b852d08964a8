// The guide does what it says. A page's js blocks are one program, which must print the text blocks
// below them; its commands must end well, and print the text below.

import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shardgrad } from '../main/support.js'

const run = promisify(execFile)
const guide = fileURLToPath(new URL('../../docs/guide', import.meta.url))
const pages = readdirSync(guide).filter((name) => name.endsWith('.md') && name !== 'README.md')
const textOf = (name: string): string => readFileSync(join(guide, name), 'utf8')
const picturesIn = (text: string): string[] =>
  [...text.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path]) => path!)

interface Block {
  language: string
  lines: string[]
}

function blocksOf(page: string): Block[] {
  return [...textOf(page).matchAll(/^```(.*)\n([^]*?)^```$/gm)].map(([, language, body]) => ({
    language: language!,
    lines: body!.trimEnd().split('\n'),
  }))
}

/** The lines of all blocks of a language; of text, those below a js block. */
function linesOf(language: 'js' | 'text', blocks: Block[]): string[] {
  return blocks.flatMap((block, i) =>
    block.language === language && (language === 'js' || blocks[i - 1]?.language === 'js')
      ? block.lines
      : [],
  )
}

/**
 * Whether a printed line is the page's: the same, but that a number with six decimals or more may
 * differ by one in the last. (Float64's `Math` differs in the last bits from engine to engine, so a
 * digit shown may be rounded the other way. The bits of `wasm` are the same on every machine.)
 */
function agree(shown: string, printed: string): boolean {
  const precise = /-?\d+\.\d{6,}(?:e[+-]?\d+)?/g
  const [wanted, got] = [shown, printed].map((line) => line.match(precise) ?? [])
  return (
    shown.replace(precise, '#') === printed.replace(precise, '#') &&
    wanted!.every((number, i) => {
      const [, decimals, exponent = '0'] = /\.(\d+)(?:e([+-]?\d+))?/.exec(number)!
      return (
        Math.abs(Number(got![i]) - Number(number)) <
        1.5 * 10 ** (Number(exponent) - decimals!.length)
      )
    })
  )
}

/**
 * Compares line by line, where each line of the page agrees as the page's own: what differs is then
 * all that a failure shows. A line `...` stands for any lines.
 */
function expectShown(shown: string[], printed: string[]): void {
  const seen: string[] = []
  let at = 0
  shown.forEach((line, i) => {
    if (line.trim() === '...') {
      const next = shown[i + 1]
      const found =
        next === undefined
          ? printed.length
          : printed.findIndex((other, k) => k >= at && agree(next, other))
      at = found < 0 ? at : found
      seen.push(line)
    } else {
      const actual = printed[at++]
      if (actual !== undefined) seen.push(agree(line, actual) ? line : actual)
    }
  })
  expect([...seen, ...printed.slice(at)].join('\n')).toBe(shown.join('\n'))
}

let folder: string // inside the package, where 'shardgrad' means this package
let drawings: string
beforeAll(() => {
  folder = mkdtempSync(fileURLToPath(new URL('program-', import.meta.url)))
  drawings = mkdtempSync(join(tmpdir(), 'shardgrad-'))
})
afterAll(() => [folder, drawings].forEach((made) => rmSync(made, { recursive: true })))

describe.each(pages)('%s', (page) => {
  const blocks = blocksOf(page)

  it('has blocks of known kinds, and text only below what prints it', () => {
    expect(blocks.length).toBeGreaterThan(2)
    expect(textOf(page).match(/^```/gm)).toHaveLength(2 * blocks.length)
    blocks.forEach(({ language }, i) => {
      expect(['js', 'sh', 'text']).toContain(language)
      if (language === 'text') expect(['js', 'sh']).toContain(blocks[i - 1]?.language)
    })
  })

  it('its program prints what the page shows', async () => {
    const file = join(folder, page.replace('.md', '.mjs'))
    await writeFile(file, linesOf('js', blocks).join('\n'))
    const { stdout } = await run(process.execPath, [file])
    const shown = linesOf('text', blocks)
    expect(shown.length).toBeGreaterThan(0)
    expectShown(shown, stdout.trimEnd().split('\n'))
  })

  if (blocks.every(({ language }) => language !== 'sh')) return

  it('its commands end well, print what the page shows and draw its pictures', async () => {
    for (const [i, { language, lines }] of blocks.entries()) {
      if (language !== 'sh') continue
      const printed: string[] = []
      for (const command of lines) printed.push(...(await outputOf(command)).trimEnd().split('\n'))
      const below = blocks[i + 1]
      if (below?.language === 'text') expectShown(below.lines, printed)
    }
    const panels = (path: string): string[] =>
      (readFileSync(path, 'utf8').match(/aria-label="[^"]*"/g) ?? []).map((label) =>
        label.replace(/\d+/g, '#'),
      )
    for (const picture of picturesIn(textOf(page)))
      expect(panels(join(drawings, basename(picture))), picture).toEqual(
        panels(join(guide, picture)),
      )
  })
})

/** What a command of a page prints; the files it writes go elsewhere than a reader's. */
async function outputOf(command: string): Promise<string> {
  const [, rest] = /^npm run --silent shardgrad -- (.*)$/.exec(command) ?? []
  expect(rest, command).toBeDefined()
  const { code, out, err } = await shardgrad(
    rest!
      .split(' ')
      .map((word) =>
        /\.(?:svg|json|safetensors|onnx)$/.test(word) ? join(drawings, basename(word)) : word,
      ),
  )
  expect(code, `${command}\n${err}`).toBe(0)
  return out + err
}

describe('the guide', () => {
  it('shows small pictures, and every one there is', () => {
    const shown = pages.flatMap((page) => picturesIn(textOf(page)))
    expect(shown.map((path) => basename(path)).sort()).toEqual(
      readdirSync(join(guide, 'pictures')).sort(),
    )
    for (const path of shown) expect(statSync(join(guide, path)).size, path).toBeLessThan(150_000)
  })

  it('has no dead link, and its index names every page in order', () => {
    const links = (name: string): string[] =>
      [...textOf(name).matchAll(/\]\(([^)#]+)[^)]*\)/g)]
        .map(([, path]) => path!)
        .filter((path) => !path.startsWith('https:'))
    for (const name of [...pages, 'README.md'])
      for (const path of links(name))
        expect(existsSync(join(guide, dirname(name), path)), `${name}: ${path}`).toBe(true)
    expect(links('README.md').filter((path) => pages.includes(path))).toEqual(pages)
    pages.slice(0, -1).forEach((page, i) => expect(links(page)).toContain(pages[i + 1]))
  })
})
