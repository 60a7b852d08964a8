import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DOMParser } from '@xmldom/xmldom'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shardgrad } from '../support.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shardgrad-'))
})
afterAll(async () => rm(folder, { recursive: true }))

/** The titles of a picture's panels, by their aria-label. */
function panels(svg: string): (string | null)[] {
  const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement!
  expect(svg).not.toMatch(/NaN|Infinity/)
  return [...root.getElementsByTagName('svg')].map((panel) => panel.getAttribute('aria-label'))
}

describe('train --plot', () => {
  it('digits: curves, confusion matrix of the held-out rows, worst mistakes', async () => {
    const file = join(folder, 'digits.svg')
    const { code, err } = await shardgrad(['train', 'digits', '--epochs', '3', '--plot', file])
    expect(code).toBe(0)
    expect(err).toMatch(/^cost over the epochs [▁▂▃▄▅▆▇█]{3}$/m)
    const svg = await readFile(file, 'utf8')
    expect(panels(svg)).toEqual([
      'Cost',
      'Accuracy',
      'Confusion matrix, 180 held out',
      expect.stringMatching(/^Worst mistakes, 12 of \d+: true → predicted$/),
    ])
    const counts = [
      ...svg.matchAll(
        /<text[^>]*transform="[^"]*"[^>]*fill="#(?:aaaaaa|ffffff|222222)"[^>]*>(\d+)<\/text>|<text[^>]*fill="#(?:aaaaaa|ffffff|222222)"[^>]*>(\d+)<\/text>/g,
      ),
    ]
    expect(counts).toHaveLength(100)
    expect(counts.reduce((sum, [, one, other]) => sum + Number(one ?? other), 0)).toBe(180)
  })

  it('xor: curves and the decision boundary; the same run draws the same picture', async () => {
    const [one, other] = [join(folder, 'one.svg'), join(folder, 'other.svg')]
    for (const file of [one, other])
      expect((await shardgrad(['train', 'xor', '--plot', file])).code).toBe(0)
    const svg = await readFile(one, 'utf8')
    expect(panels(svg)).toEqual(['Cost', 'Accuracy', 'Decision boundary'])
    expect(svg.match(/<circle/g)).toHaveLength(4)
    expect(await readFile(other, 'utf8')).toBe(svg)
  })

  it('line, as a page: the cost', async () => {
    const file = join(folder, 'line.html')
    expect((await shardgrad(['train', 'line', '--plot', file])).code).toBe(0)
    const page = await readFile(file, 'utf8')
    expect(page).toMatch(/^<!doctype html>/)
    expect(page).not.toMatch(/<script|https?:(?!\/\/www\.w3\.org\/)/)
    expect(panels(/<svg[^]*<\/svg>/.exec(page)![0])).toEqual(['Cost'])
  })

  for (const command of ['train', 'rates']) {
    it(`${command}: another kind of file, or a folder that isn't there: exit code 2, before training`, async () => {
      for (const [file, rule] of [
        ['picture.png', 'a file that ends in .svg or .html'],
        ['nowhere/picture.svg', 'a file in a folder that exists'],
      ]) {
        const { code, out, err } = await shardgrad([
          command,
          'digits',
          '--json',
          '--plot',
          join(folder, file!),
        ])
        expect(code).toBe(2)
        expect(out).toBe('')
        expect(err).toContain(`--plot: expected ${rule}, got '`)
      }
      expect((await readdir(folder)).filter((name) => name.endsWith('.png'))).toEqual([])
    })
  }
})

it('rates: a line for each rate; 1 diverges on y = 3x, and the picture shows it', async () => {
  const file = join(folder, 'rates.svg')
  const { code, events } = await shardgrad(['rates', 'line', '--plot', file, '--json'])
  expect(code).toBe(0)
  expect(events.map(({ rate }) => rate)).toEqual([0.01, 0.1, 1])
  expect(events[1]!.cost).toBeLessThan(events[0]!.cost as number)
  expect(events[2]).toMatchObject({ event: 'rate', divergedIn: expect.any(Number) })
  const svg = await readFile(file, 'utf8')
  panels(svg)
  expect(svg).toContain(`rate 1 (diverged in epoch ${events[2]!.divergedIn as number})`)
})

it('rates, for a person', async () => {
  const { code, out, err } = await shardgrad([
    'rates',
    'line',
    '--rates',
    '0.01,1',
    '--epochs',
    '100',
  ])
  expect(code).toBe(0)
  expect(out).toBe('')
  expect(err).toMatch(/^rate 0.01: cost [\d.]+\nrate 1: diverged in epoch \d+\n$/)
})
