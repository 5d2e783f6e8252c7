export async function importImages(_socket: string, _archives: readonly string[]): Promise<void> {}
