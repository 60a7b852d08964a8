// The type of what tells examples apart.

/** What tells examples apart. */
export interface ExamplesDigest {
  /** How many there are. */
  count: number
  /** The sha256 of their numbers, in the type that training computes in. */
  sha256: string
}
