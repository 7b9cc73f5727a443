export { catalogApps, catalogProvenance, type Provenance, type Source } from './catalog.js'
