// The webhooks that are configured, in the order in which they are asked: by the name of their configuration, then as listed in it.
import type { MutatingWebhookConfiguration } from '../../../api/admissionregistration/mutating-webhook-configuration.ts'
import type { ValidatingWebhookConfiguration } from '../../../api/admissionregistration/validating-webhook-configuration.ts'
import type { Webhook } from '../../../api/admissionregistration/webhook.ts'
import { resourceFor } from '../../resource.ts'
import type { Storage } from '../../storage.ts'

export type ConfiguredWebhook = Webhook & {
  readonly configuration: string
  readonly reinvocationPolicy?: string | undefined
}

type WebhookKind = typeof MutatingWebhookConfiguration | typeof ValidatingWebhookConfiguration

/** Kept up to date by a watch of the store: a request looks at a ready list. */
export class WebhookList {
  readonly #storage: Storage
  readonly #kind: WebhookKind
  readonly #stop: () => void
  #list: readonly ConfiguredWebhook[] | undefined

  constructor(storage: Storage, kind: WebhookKind) {
    this.#storage = storage
    this.#kind = kind
    this.#stop = storage.follow(resourceFor(kind), () => {
      this.#list = undefined
    })
  }

  get list(): readonly ConfiguredWebhook[] {
    this.#list ??= this.#storage
      .all(this.#kind as typeof MutatingWebhookConfiguration)
      .flatMap(({ metadata, webhooks = [] }) => webhooks.map(webhook => ({ ...webhook, configuration: metadata.name })))
    return this.#list
  }

  close(): void {
    this.#stop()
  }
}
