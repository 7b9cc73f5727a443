import { describe, expect, it } from 'vitest'
import { readProxyPath, splitTarget } from './read-path.js'

describe('a raw target', () => {
  it.each<[string, string, string, string]>([
    ['/v1/connect/apps?q=a?b', '', '/v1/connect/apps', 'q=a?b'],
    ['/v1//connect///apps', '', '/v1/connect/apps', ''],
    ['/v1/connect/apps?a=//', '', '/v1/connect/apps', 'a=//'],
    ['/base/v1/connect/apps', '/base', '/v1/connect/apps', ''],
    ['/base//v1/connect/apps', '/base', '/v1/connect/apps', ''],
    ['/v1/connect/apps', '/base', '/v1/connect/apps', ''],
    ['/basement/v1', '/base', '/basement/v1', ''],
    ['/v1/%2e%2e/connect', '', '/v1/%2e%2e/connect', ''],
  ])('%s below %j is %s and %j', (target, prefix, path, query) => {
    expect(splitTarget(target, prefix)).toEqual({ path, query })
  })
})

describe('the path of a proxied call', () => {
  it.each<[string, string | undefined, string]>([
    ['/v1/connect/proj_1/proxy/abc', 'proj_1', 'abc'],
    ['/v1/connect/proxy/abc', undefined, 'abc'],
    ['/v1/connect/proj_1/proxy/a/b', 'proj_1', 'a/b'],
    ['/v1/connect/proj_1/proxy/', 'proj_1', ''],
  ])('%s has the project %s and the target %j', (path, project, segment) => {
    expect(readProxyPath(path)).toEqual({ project, segment })
  })

  it.each([
    '/v1/connect/proj_1/proxy',
    '/v1/connect/proxy',
    '/v1/connect/proj_1/Proxy/abc',
    '/v1/connect/a/b/proxy/abc',
    '/v1/proxy/abc',
  ])('%s is none', (path) => {
    expect(readProxyPath(path)).toBeUndefined()
  })
})
