// The table as the sum of what services ask for. It writes the script that makes the whole table, or the one that changes just what is
// different since the last script: a change of one service costs what that service has, however many there are.
import type { ServiceRules } from './rules.ts'
import { CLIENT_SET, element, type MapName, mapNames, TABLE, tableScript } from './table.ts'
import { type Changed, Tally } from './tally.ts'

/** So long are lines of elements; nft's parser slows down on very long ones. */
const ELEMENTS_A_LINE = 500

export class Ruleset {
  readonly #services = new Map<string, ServiceRules>()
  readonly #elements: ReadonlyMap<MapName, Tally> = new Map(mapNames.map(name => [name, new Tally()]))
  readonly #chains = new Tally()
  readonly #clientSets = new Tally()

  /** Takes the place of what the service asked for before; undefined when it is gone. */
  set(service: string, rules: ServiceRules | undefined): void {
    const before = this.#services.get(service)
    if (before) this.#each(before, (tally, key) => tally.release(key, service))
    if (rules) {
      this.#each(rules, (tally, key, value) => tally.claim(key, service, value))
      this.#services.set(service, rules)
    } else {
      this.#services.delete(service)
    }
  }

  get(service: string): ServiceRules | undefined {
    return this.#services.get(service)
  }

  /** The script for the whole table. */
  whole(): string {
    this.#takeChanges()
    return tableScript({
      elements: new Map([...this.#elements].map(([name, tally]) => [name, tally.entries()])),
      chains: this.#chains.entries(),
      clientSets: this.#clientSets.entries(),
    })
  }

  /** The script for what has changed since the last one; empty when nothing has. */
  changes(): string {
    const { elements, chains, clientSets } = this.#takeChanges()
    const gone = chains.filter(c => c.after === undefined)
    const written = chains.filter(c => c.after !== undefined)
    // What is referred to comes before what refers to it; on the way out it is the other way round.
    const lines = [
      ...added(clientSets).map(({ key }) => `add set ip ${TABLE} ${key} ${CLIENT_SET}`),
      ...written.map(({ key }) => `add chain ip ${TABLE} ${key}`),
      ...chains.filter(c => c.before !== undefined).map(({ key }) => `flush chain ip ${TABLE} ${key}`),
      ...written.flatMap(({ key, after }) => after!.split('\n').map(rule => `add rule ip ${TABLE} ${key} ${rule}`)),
      ...[...elements].flatMap(([name, changed]) => elementLines(name, changed)),
      ...gone.map(({ key }) => `delete chain ip ${TABLE} ${key}`),
      ...clientSets.filter(c => c.after === undefined).map(({ key }) => `delete set ip ${TABLE} ${key}`),
    ]
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`
  }

  #takeChanges() {
    return {
      elements: new Map([...this.#elements].map(([name, tally]) => [name, tally.takeChanges()])),
      chains: this.#chains.takeChanges(),
      clientSets: this.#clientSets.takeChanges(),
    }
  }

  #each({ elements, chains, clientSets }: ServiceRules, visit: (tally: Tally, key: string, value: string) => void): void {
    for (const [name, entries] of elements) for (const [key, value] of entries) visit(this.#elements.get(name)!, key, value)
    for (const [name, rules] of chains) visit(this.#chains, name, rules.join('\n'))
    for (const name of clientSets) visit(this.#clientSets, name, '')
  }
}

function added(changed: readonly Changed[]): readonly Changed[] {
  return changed.filter(c => c.before === undefined)
}

function elementLines(name: MapName, changed: readonly Changed[]): string[] {
  const gone = changed.flatMap(({ key, before }) => (before === undefined ? [] : [element([key, before])]))
  const come = changed.flatMap(({ key, after }) => (after === undefined ? [] : [element([key, after])]))
  return [...batches('delete', name, gone), ...batches('add', name, come)]
}
function* batches(verb: 'add' | 'delete', name: MapName, elements: readonly string[]): Generator<string> {
  for (let at = 0; at < elements.length; at += ELEMENTS_A_LINE) {
    yield `${verb} element ip ${TABLE} ${name} { ${elements.slice(at, at + ELEMENTS_A_LINE).join(', ')} }`
  }
}
