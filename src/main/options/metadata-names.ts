// Names in a model file's metadata.

/** The names that are not the user's own. */
export const reservedNames = ['shardgrad', 'data-sha256', 'document-sha256'] as const
