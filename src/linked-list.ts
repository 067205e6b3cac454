/** An item, and its neighbours in the list that it is in. */
export interface ListItem {
  isListed: boolean
  before: this | undefined
  after: this | undefined
}

/**
 * Items in the order in which they were added, each in one list at most. A Set would do, but it is copied again and
 * again where entries are removed and added for each request.
 */
export class LinkedList<Item extends ListItem> {
  #first: Item | undefined
  #last: Item | undefined
  #size = 0

  get first(): Item | undefined {
    return this.#first
  }

  get size(): number {
    return this.#size
  }

  /** Does nothing if it is in the list. */
  add(item: Item): void {
    if (item.isListed) return
    item.isListed = true
    item.before = this.#last
    item.after = undefined
    if (this.#last) this.#last.after = item
    else this.#first = item
    this.#last = item
    this.#size++
  }

  /** Does nothing if it is not in the list. */
  remove(item: Item): void {
    if (!item.isListed) return
    item.isListed = false
    if (item.before) item.before.after = item.after
    else this.#first = item.after
    if (item.after) item.after.before = item.before
    else this.#last = item.before
    item.before = undefined
    item.after = undefined
    this.#size--
  }

  *[Symbol.iterator](): Generator<Item> {
    for (let item = this.#first; item; item = item.after) yield item
  }
}
