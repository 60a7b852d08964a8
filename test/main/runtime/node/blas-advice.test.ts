import { describe, expect, it } from 'vitest'
import { installCommand } from '../../../../dist/main/runtime/node/blas-advice.js'

describe('the one command that gives a system a BLAS', () => {
  const systems: [what: string, platform: string, osRelease: string, command: string][] = [
    [
      'Debian',
      'linux',
      'NAME="Debian GNU/Linux"\nID=debian\n',
      'apt-get install libopenblas0-pthread',
    ],
    ['Ubuntu', 'linux', 'ID=ubuntu\nID_LIKE=debian\n', 'apt-get install libopenblas0-pthread'],
    [
      'Mint',
      'linux',
      'ID=linuxmint\nID_LIKE="ubuntu debian"\n',
      'apt-get install libopenblas0-pthread',
    ],
    ['Fedora', 'linux', 'ID=fedora\nVERSION_ID=44\n', 'dnf install openblas-threads'],
    [
      'Rocky',
      'linux',
      'ID="rocky"\nID_LIKE="rhel centos fedora"\n',
      'dnf install openblas-threads',
    ],
    ['Alpine', 'linux', "ID='alpine'\n", 'apk add openblas'],
    ['Arch', 'linux', 'ID=arch\nBUILD_ID=rolling\n', 'pacman -S openblas'],
    ['Manjaro', 'linux', 'ID=manjaro\nID_LIKE=arch\n', 'pacman -S openblas'],
    [
      'another Linux',
      'linux',
      'ID=void\nVARIANT_ID=debian\n',
      'install OpenBLAS (libopenblas.so.0)',
    ],
    ['a Linux that says nothing', 'linux', '', 'install OpenBLAS (libopenblas.so.0)'],
    ['macOS', 'darwin', '', 'brew install openblas'],
    ['Windows', 'win32', '', "set SHARDGRAD_BLAS to an OpenBLAS's libopenblas.dll"],
  ]
  it.each(systems)('%s', (_, platform, osRelease, command) => {
    expect(installCommand(platform, osRelease)).toBe(command)
    expect(`quicker with a BLAS: ${command}`.length).toBeLessThanOrEqual(80)
  })
})
