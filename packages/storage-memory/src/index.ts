export { type MemoryLeaseStoreOptions, memoryLeaseStore } from './memory-lease-store.js'
export { type MemoryRateLimiter, type MemoryRateLimiterOptions, memoryRateLimiter } from './memory-rate-limiter.js'
export { type MemoryStorage, type MemoryStorageOptions, memoryStorage } from './memory-storage.js'
export type { Change } from './state.js'
