export { defaultLimits, type RequestLimits } from './limits.js'
export { type ListenOptions, listen, type NodeServer } from './listen.js'
export type { CallHandler, FrontOptions } from './node-front.js'
export { toNodeListener } from './node-listener.js'
