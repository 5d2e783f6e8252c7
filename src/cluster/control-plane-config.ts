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
  readonly apiServer?: ApiServerSettings
}

/** What the cluster's configuration says of its API server. Paths are absolute; the files are read at each start. */
export interface ApiServerSettings {
  /** An audit.k8s.io/v1 Policy. Absent: nothing is recorded. */
  readonly auditPolicyFile?: string
  readonly auditLog?: {
    /** Default: `audit.log` among the cluster's logs. */
    readonly file?: string
    readonly maxSizeMb?: number
    readonly maxAgeDays?: number
    readonly maxBackups?: number
  }
  /** An apiserver.config.k8s.io/v1 EncryptionConfiguration. Absent: the store is not encrypted. */
  readonly encryptionConfigFile?: string
  /** Default: true. */
  readonly priorityAndFairness?: boolean
  readonly maxRequestsInFlight?: number
  readonly maxMutatingRequestsInFlight?: number
}
