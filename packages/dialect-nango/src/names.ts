/** What may stand in `Provider-Config-Key`, and as an integration's key. */
export const integrationKeyPattern = /^[A-Za-z0-9~:.@ _-]{1,255}$/
export const integrationKeyText = 'must be letters, digits and ~:.@ _-, at most 255'

/** What may stand in `Connection-Id`. */
export const connectionIdPattern = /^[A-Za-z0-9,.;:=+~[\]|@${}"'\\/_ -]{1,255}$/
export const connectionIdText = `must be letters, digits and ,.;:=+~[]|@\${}"'\\/_ -, at most 255`
