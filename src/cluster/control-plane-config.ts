// What a control-plane process is told: one JSON file, written by the cluster's commands.

export interface ControlPlaneConfig {
  readonly cluster: string
  readonly pkiDir: string
  readonly storeDir: string
  readonly logsDir: string
  /** Where it listens; the first is the one of the kubeconfig. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[]
  /** Where pods and nodes reach it. */
  readonly advertise: { readonly host: string; readonly port: number }
  readonly serviceCidr: string
  readonly issuer: string
}
