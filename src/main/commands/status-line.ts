// What a command says to a person, on standard error: lines that stay, and one that says how far it
// has come.

/** To the line's start, and nothing from there on. */
const ERASE = '\r\u001b[J'

/** Whoever waits ten seconds for a sign of life shall get one. */
const SILENCE_MS = 9000

/** Whether the terminal's last line is one that will be written anew. */
let live = false
/** Elsewhere: what says how far it has come when there has been silence. */
let silence: NodeJS.Timeout | undefined

/** Writes a line that stays. */
export function print(line: string): void {
  erase()
  silence?.refresh()
  process.stderr.write(`${line}\n`)
}

export interface StatusLine {
  /** Whether it is a live line, which is always in view. */
  readonly live: boolean
  /** Says how far the command has come, the most important part first. */
  show: (...parts: string[]) => void
  /** Takes the line away. */
  end: () => void
}

/**
 * On a terminal one line that is written anew, always as much of it as fits into one row; elsewhere
 * (a file, a pipe, CI) a line that stays whenever none has been written for nine seconds.
 *
 * The cursor rests at the start of the live line, not hidden: so nothing has to be put right if the
 * process is killed, and a terminal that breaks the line in two as it gets narrower leaves the
 * cursor above both parts.
 */
export function createStatusLine(): StatusLine {
  return isTerminal() ? liveLine() : linesNowAndThen()
}

function liveLine(): StatusLine {
  let shown: string[] = []
  const draw = (): void => {
    live = true
    process.stderr.write(`${ERASE}${fitting(shown, process.stderr.columns - 1)}\r`)
  }
  return {
    live: true,
    show(...parts) {
      if (shown.length === 0) process.stderr.on('resize', draw)
      shown = parts
      draw()
    },
    end() {
      process.stderr.off('resize', draw)
      shown = []
      erase()
    },
  }
}

function linesNowAndThen(): StatusLine {
  let shown: string[] = []
  return {
    live: false,
    show(...parts) {
      shown = parts
      silence ??= setInterval(() => print(shown.join('  ')), SILENCE_MS).unref()
    },
    end() {
      clearInterval(silence)
      silence = undefined
    },
  }
}

/** As many of the parts as fit into `width` characters; of the first at least its beginning. */
export function fitting(parts: readonly string[], width: number): string {
  let line = ''
  for (const part of parts) {
    const longer = line === '' ? part.slice(0, Math.max(0, width)) : `${line}  ${part}`
    if (longer.length > width) break
    line = longer
  }
  return line
}

function erase(): void {
  if (live) process.stderr.write(ERASE)
  live = false
}

/** Some terminals know no control sequences, and some have no width. */
function isTerminal(): boolean {
  const { CI, TERM } = process.env
  return process.stderr.isTTY && process.stderr.columns > 0 && TERM !== 'dumb' && CI === undefined
}
