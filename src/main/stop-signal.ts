// SIGTERM and SIGINT as an AbortSignal. A second one ends the process at once, unless it comes with the first: a key pressed once may reach
// us from the terminal and from the program that started us.

const togetherMs = 300

export function stopSignal(): AbortSignal {
  const controller = new AbortController()
  let firstMs = 0
  const onSignal = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) {
      if (Date.now() - firstMs > togetherMs) process.exit(1)
      return
    }
    firstMs = Date.now()
    controller.abort(new Error(`received ${signal}`))
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return controller.signal
}
