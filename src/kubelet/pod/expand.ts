// `$(NAME)` in commands, arguments, values and sub paths. `$$` is a dollar; a reference to an unknown name stays as it is written.
// https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/

export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => (name === undefined ? '$' : (lookup(name) ?? whole)))
}
