import { basename } from 'node:path'
import { inspectArchive } from '../../cluster/images/archive.ts'
import { importArchive } from '../../cluster/images/import.ts'
import { clusterLayout, nodeLayout } from '../../cluster/layout.ts'
import { existingNode, existingPlan } from '../../cluster/lifecycle.ts'
import { clusterStatus } from '../../cluster/status.ts'
import { checkRoot } from '../checks.ts'
import { command } from '../command.ts'
import { Failure } from '../failure.ts'
import { clusterName, commaList, optionalText } from '../flags.ts'

export const loadImage = command({
  words: ['load', 'image'],
  aliases: ['image-archive'],
  summary: 'load images from archives (docker-archive or OCI layout, plain or gzipped) into the nodes',
  arguments: [{ name: 'file', help: 'archive, such as `docker save` writes', required: true, many: true }],
  flags: {
    name: clusterName,
    nodes: commaList('only these nodes, separated by commas', 'NODES'),
    as: optionalText('name for the only image of an archive that names none', 'IMAGE'),
  },
  async run(cli, { name, nodes: wanted, as }, files) {
    checkRoot(`cox load image ${files.join(' ')}`)
    const plan = existingPlan(cli.roots, name)
    const nodes = wanted.length === 0 ? plan.nodes : wanted.map(each => existingNode(plan, each))
    const states = clusterStatus(cli.roots, plan).nodes.filter(each => nodes.includes(each.node))
    const stopped = states.find(each => each.missing.includes('containerd'))
    if (stopped !== undefined)
      throw new Failure(`node ${stopped.node.name} does not run`, `start it: cox start ${stopped.node.name} --name ${name}`)
    const sockets = nodes.map(node => nodeLayout(clusterLayout(cli.roots, name), node).containerdSocket)
    for (const file of files) {
      const found = await inspectArchive(file, as)
      if (!found.ok)
        throw new Failure(found.error, 'give what `docker save IMAGE -o FILE` makes; --as IMAGE names an image that has no name')
      await cli.phases.run({ name: `load ${basename(file)}`, deadlineMs: 600_000 }, () => importArchive(sockets, found.archive))
      for (const image of found.archive.names) cli.note(`Loaded ${image} into ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}.`)
    }
  },
})
