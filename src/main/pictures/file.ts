// Writes a picture to a file.

import { existsSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { InputError, show } from '../../shared/errors.js'

/**
 * Checks that a picture can be written to a path.
 *
 * @param path Of a file that need not exist.
 * @throws {InputError} naming --plot, unless the path ends in .svg or .html and its folder is
 * there.
 */
export function checkPicturePath(path: string): void {
  if (!['.svg', '.html'].includes(extname(path).toLowerCase()))
    throw new InputError('--plot', 'a file that ends in .svg or .html', show(path))
  if (!existsSync(dirname(path)) || isDirectory(path))
    throw new InputError('--plot', 'a file in a folder that exists', show(path))
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/**
 * Writes a picture: the SVG itself, or a page that holds it if the path ends in .html.
 *
 * @param path Ends in .svg or .html.
 * @param svg An SVG document.
 * @returns When it has been written.
 * @throws {InputError} as `checkPicturePath`.
 */
export async function writePicture(path: string, svg: string): Promise<void> {
  checkPicturePath(path)
  await writeFile(path, extname(path).toLowerCase() === '.html' ? pageOf(svg) : `${svg}\n`)
}

function pageOf(svg: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>shardgrad</title></head>
<body style="margin: 1em; background: white">
${svg}
</body>
</html>
`
}
