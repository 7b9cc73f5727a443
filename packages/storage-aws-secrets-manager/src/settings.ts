// What a host checks in a configuration before it loads the AWS SDK.
export { type ExistingSecret, secretShape } from './existing-secret.js'
export { secretNames } from './secret-names.js'
