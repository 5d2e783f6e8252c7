// Whether one type may stand where another is asked for, and what that says of type parameters.
import { dyn, isDynamic, type ParamType, sameType, type Type } from './types.ts'

/** What is known of type parameters. One for each checked expression; parameters are numbered through it. */
export class Bindings {
  #bound = new Map<string, Type>()
  #fresh = 0

  fresh(): ParamType {
    return { kind: 'param', name: `_var${this.#fresh++}` }
  }

  /** Runs an attempt, and forgets what it learned when it fails. */
  attempt(run: () => boolean): boolean {
    const before = new Map(this.#bound)
    if (run()) return true
    this.#bound = before
    return false
  }

  resolve(type: Type): Type {
    const bound = type.kind === 'param' ? this.#bound.get(type.name) : undefined
    return bound ? this.resolve(bound) : type
  }

  /** Parameters replaced by what they are bound to, and by dyn where they are not and `erase` is set. */
  substitute(type: Type, erase: boolean): Type {
    const found = this.resolve(type)
    switch (found.kind) {
      case 'param':
        return erase ? dyn : found
      case 'list': {
        const item = this.substitute(found.item, erase)
        return item === found.item ? found : { ...found, item }
      }
      case 'map': {
        const [key, value] = [this.substitute(found.key, erase), this.substitute(found.value, erase)]
        return key === found.key && value === found.value ? found : { ...found, key, value }
      }
      case 'opaque':
        return found.params.length === 0 ? found : { ...found, params: found.params.map(p => this.substitute(p, erase)) }
      default:
        return found
    }
  }

  /** True when a value of `actual` may be given where `formal` is asked for. */
  assign(actual: Type, formal: Type): boolean {
    if (formal.kind === 'param') return this.#assignToParam(actual, formal)
    const from = this.resolve(actual)
    if (from.kind === 'param') return this.#bind(from, formal)
    if (isDynamic(from) || isDynamic(formal)) return true
    if (from.kind === 'null') return formal.kind === 'null' || nullable.has(formal.kind)
    if (from.kind === 'list' && formal.kind === 'list') return this.assign(from.item, formal.item)
    if (from.kind === 'map' && formal.kind === 'map') return this.assign(from.key, formal.key) && this.assign(from.value, formal.value)
    if (from.kind === 'opaque' && formal.kind === 'opaque')
      return from.name === formal.name && from.params.every((p, i) => this.assign(p, formal.params[i] ?? dyn))
    if (from.kind === 'type' && formal.kind === 'type') return true
    return sameType(from, formal)
  }

  #assignToParam(actual: Type, formal: ParamType): boolean {
    const bound = this.#bound.get(formal.name)
    if (!bound) return this.#bind(formal, actual)
    if (this.attempt(() => this.assign(actual, bound))) {
      const given = this.resolve(actual)
      if (isDynamic(given)) this.#bound.set(formal.name, given)
      return true
    }
    if (!this.attempt(() => this.assign(bound, actual))) return false
    return this.#bind(formal, actual)
  }

  #bind(param: ParamType, type: Type): boolean {
    const target = this.resolve(type)
    if (target.kind === 'param' && target.name === param.name) return true
    if (this.#mentions(target, param.name)) return false
    this.#bound.set(param.name, target)
    return true
  }

  #mentions(type: Type, name: string): boolean {
    const found = this.resolve(type)
    if (found.kind === 'param') return found.name === name
    if (found.kind === 'list') return this.#mentions(found.item, name)
    if (found.kind === 'map') return this.#mentions(found.key, name) || this.#mentions(found.value, name)
    return found.kind === 'opaque' && found.params.some(p => this.#mentions(p, name))
  }
}

/** Kinds that null is a value of. */
const nullable: ReadonlySet<Type['kind']> = new Set(['opaque', 'duration', 'timestamp', 'object'] as const)
