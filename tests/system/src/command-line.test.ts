import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { selfSignedCertificate } from '@proxy/test-support'
import { describe, expect, it } from 'vitest'
import { command, serverBin, temporaryFolder } from './server/command.js'

describe('the command line', () => {
  it('shows its help and its version', async () => {
    const help = command(['--help'])
    expect(await help.ended).toBe(0)
    expect(help.output.out).toContain('api-proxy serve [--config FILE]')
    const version = command(['--version'])
    expect(await version.ended).toBe(0)
    expect(version.output.out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each([[[]], [['fly']], [['serve', 'twice']], [['serve', '--colour']]])('ends with 2 for %j', async (args) => {
    const { output, ended } = command(args)
    expect(await ended).toBe(2)
    expect(output.error).toContain('api-proxy --help')
  })

  it('prints the schema that is shipped', async () => {
    const { output, ended } = command(['schema'])
    expect(await ended).toBe(0)
    expect(output.out).toBe(readFileSync(join(dirname(serverBin()), 'schema.json'), 'utf8'))
  })
})

describe('check', () => {
  it('tells every fault with its line, and ends with 1', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'faulty.yaml'), 'server:\n  port: x\nlogs:\n  level: loud\nsever: {}\n')
    const { output, ended } = command(['check', '--config', 'faulty.yaml'], { folder })
    expect(await ended).toBe(1)
    expect(
      output.error
        .trim()
        .split('\n')
        .map((line) => line.split(': ', 2).join(': ')),
    ).toEqual(['faulty.yaml:2: server.port', 'faulty.yaml:4: logs.level', 'faulty.yaml:5: sever'])
  })

  it('says which of certificate and key no listener would take', async () => {
    const [own, other] = [selfSignedCertificate(), selfSignedCertificate()]
    const folder = temporaryFolder()
    const checked = async (cert: string, key: string) => {
      writeFileSync(join(folder, 'tls.json'), JSON.stringify({ server: { tls: { cert, key } } }))
      const { output, ended } = command(['check', '--config', 'tls.json'], { folder })
      return [await ended, output.error]
    }
    expect(await checked(own.certificate, own.key)).toEqual([0, ''])
    const chain = expect.stringMatching(/^tls\.json:1: server\.tls\.cert: must be a certificate chain in PEM.*\n$/)
    expect(await checked(own.key, own.key)).toEqual([1, chain])
    const key = expect.stringMatching(/^tls\.json:1: server\.tls\.key: must be a private key in PEM without.*\n$/)
    expect(await checked(own.certificate, own.certificate)).toEqual([1, key])
    expect(await checked(own.certificate, other.key)).toEqual([
      1,
      'tls.json:1: server.tls.key: is not the key of server.tls.cert\n',
    ])
  })

  it('says so when there is no file', async () => {
    const { output, ended } = command(['check'])
    expect(await ended).toBe(1)
    expect(output.error).toContain('proxy.config.yaml cannot be read (ENOENT)')
  })

  it('reads the file that PROXY_CONFIG names, with variables from the environment', async () => {
    const folder = temporaryFolder()
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the configuration
    writeFileSync(join(folder, 'mine.yaml'), 'projects: [{ id: "${NAME}" }]\n')
    const { output, ended } = command(['check'], { folder, environment: { PROXY_CONFIG: 'mine.yaml', NAME: 'proj_1' } })
    expect(await ended).toBe(0)
    expect(output.out).toContain('mine.yaml is fine.')
  })
})

describe('init', () => {
  it('writes a configuration that is fine, with secrets for this user alone, and overwrites nothing', async () => {
    const folder = temporaryFolder()
    expect(await command(['init'], { folder }).ended).toBe(0)
    const text = readFileSync(join(folder, 'proxy.config.yaml'), 'utf8')
    const [, schemaPath = ''] = /^# yaml-language-server: \$schema=(.+)\n/.exec(text) ?? []
    expect(existsSync(join(folder, schemaPath))).toBe(true)
    for (const name of ['encryption.key', 'signing.key', 'client.secret']) {
      expect(statSync(join(folder, 'secrets', name)).mode & 0o777).toBe(0o600)
    }
    expect(await command(['check'], { folder }).ended).toBe(0)
    const again = command(['init'], { folder })
    expect(await again.ended).toBe(1)
    expect(again.output.error).toContain('is there already')
    expect(readFileSync(join(folder, 'proxy.config.yaml'), 'utf8')).toBe(text)
  })
})

describe('serve', () => {
  it('ends with 1 and a clear line when its port is taken', async () => {
    const first = command(['serve'], { folder: folderWithPort(0) })
    const [, port = ''] = /"url":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(await first.until(/listening/)) ?? []
    const second = command(['serve'], { folder: folderWithPort(Number(port)) })
    expect(await second.ended).toBe(1)
    expect(second.output.error).toContain(`127.0.0.1:${port} is taken`)
  })

  it('ends with 1 when PORT is none', async () => {
    for (const PORT of ['99999', 'http']) {
      const { output, ended } = command(['serve'], { environment: { PORT } })
      expect(await ended).toBe(1)
      expect(output.error).toContain('PORT must be')
    }
  })

  it('ends with 1 when WORKERS is no number', async () => {
    const { output, ended } = command(['serve'], { environment: { WORKERS: 'many' } })
    expect(await ended).toBe(1)
    expect(output.error).toContain('WORKERS must be')
  })
})

function folderWithPort(port: number): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'proxy.config.yaml'), `server: { port: ${port} }\n`)
  return folder
}
