// The seam for several machines that share a batch. A step then has three parts: the gradients of
// this machine's shards; the exchange with the other machines; the update, which every machine does
// in full. On one machine there is no exchange.

/** What comes between a machine's gradients and its update. */
export interface Exchange {
  /** The slots of a batch that this machine's workers fill: each holds a complete subtree. */
  readonly firstSlot: number
  readonly endSlot: number
  /**
   * Brings the other machines' slots and tallies into this arena, where they would lie had this
   * machine computed them. Called for every batch, by the last worker whose slots are full, while
   * the others wait.
   */
  complete: () => void
}
