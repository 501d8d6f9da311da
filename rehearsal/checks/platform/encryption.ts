import type { Template } from '../../../src/cli/assembly';
import { encryptionTable, isUnencrypted } from '../../../src/cli/encryption/encryption-table';
import { hopCells, storeCells } from '../../../src/cli/encryption/encryption-text';
import { type Check, unlessProblems } from '../check';

const DATA = /\/Data$/;

export const databaseHasKeysEverywhere: Check = {
  name: 'every store and hop of a database is encrypted',
  proves: 'The templates give each store of a database a customer key of this app, and each of its hops TLS: see the table.',
  needs: [DATA],
  async run(context) {
    const stacks = context.stacks.map(({ displayName, account, region, template }) => ({
      path: displayName, account, region, template: template as Template, directory: '',
    }));
    const { stores, hops } = encryptionTable(stacks, ({ path }) => DATA.test(path));
    const problems = [
      ...stores.filter(({ key }) => key.kind !== 'customer').map(storeCells),
      ...hops.filter(isUnencrypted).map(hopCells),
    ].map(cells => cells.join(', '));
    return unlessProblems(problems, `${stores.length} stores, ${hops.length} hops`);
  },
};
