import { loadScript } from '../lib/load.mjs'

const few = ['nginx', 'undici-dispatch', 'reply-from', 'product', 'product-again']
const slower = [
  'undici-stream',
  'node-http',
  'fast-proxy',
  'httpxy',
  'undici-request',
  'http-proxy',
  'undici-pipeline',
  'hono-proxy',
  'express-axios',
  'fetch',
]
const flat = { above: 0.9, atMost: 1.1 }

/**
 * The scenarios that are judged by CPU per call. `limits` are ratios: what `of` used over what `to` used. One without a
 * bound is shown for comparison.
 * Every scenario runs the product twice; if the two differ, the machine was too noisy to say anything.
 */
export const processorScenarios = [
  {
    name: 'get',
    bar: 1,
    title: 'GET 1 KiB',
    path: '/1k.json',
    candidates: [...few, 'haproxy', ...slower],
    limits: [
      { of: 'product', to: 'reply-from', atMost: 0.85 },
      { of: 'product', to: 'express-axios', atMost: 0.25 },
      { of: 'product', to: 'undici-dispatch', atMost: 1.2 },
      { of: 'product', to: 'nginx', atMost: 4.5 },
    ],
  },
  {
    name: 'tls',
    bar: 1,
    title: 'GET 1 KiB, TLS upstream',
    path: '/1k.json',
    tls: true,
    candidates: few,
    limits: [{ of: 'product', to: 'reply-from', atMost: 0.8 }],
  },
  {
    name: 'post',
    bar: 1,
    title: 'POST 1 KiB',
    path: '/1k.json',
    script: loadScript('post.lua'),
    candidates: few,
    limits: [{ of: 'product', to: 'reply-from', atMost: 0.75 }],
  },
  {
    name: 'large',
    bar: 1,
    title: 'GET 64 KiB',
    path: '/64k.json',
    candidates: few,
    limits: [{ of: 'product', to: 'reply-from', atMost: 0.95 }],
  },
  {
    name: 'workers',
    bar: 1,
    title: 'GET 1 KiB, two workers',
    path: '/1k.json',
    candidates: ['product', 'product-again', 'two-workers', 'undici-dispatch', 'two-dispatchers'],
    limits: [
      { of: 'two-workers', to: 'product', above: 0.95, atMost: 1.05 },
      { of: 'two-dispatchers', to: 'undici-dispatch' },
    ],
  },
  {
    name: 'scale',
    bar: 5,
    title: 'GET 1 KiB, many accounts and apps',
    path: '/1k.json',
    script: loadScript('accounts.lua'),
    candidates: ['product', 'product-again', '100,000-accounts', '1,000-apps'],
    limits: [
      { of: '100,000-accounts', to: 'product', ...flat },
      { of: '1,000-apps', to: 'product', ...flat },
    ],
  },
  {
    name: 'redis',
    bar: 3,
    title: 'GET 1 KiB, accounts and limits in Redis',
    path: '/1k.json',
    script: loadScript('accounts.lua'),
    candidates: ['product', 'product-again', 'redis', 'redis-100,000-accounts'],
    limits: [
      { of: 'redis', to: 'product', atMost: 1.5 },
      { of: 'redis-100,000-accounts', to: 'redis', ...flat },
    ],
    roundTripsAtMost: 1,
  },
]
