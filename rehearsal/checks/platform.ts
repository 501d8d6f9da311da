/** What the example platform promises, asked of the services that keep the promises. */
import type { Check } from './check';
import { clusterIsPrivate, interruptionsReachKarpenter, nodesAreBootstrapped } from './platform/cluster';
import { databaseAlarmsAreSet, databaseBackupsAreKept, databaseIsEncryptedAndBackedUp, databaseUsersAreMade } from './platform/database';
import { imagesAreImmutable, pipelinesFollowTheirBranches } from './platform/delivery';
import { databaseHasKeysEverywhere } from './platform/encryption';
import { keysRotate } from './platform/keys';
import { accountsWatchThemselves, costsAreWatched, organizationIsGuarded } from './platform/landing-zone';
import { namesAreDelegated } from './platform/names';
import { nobodyIsAdmitted, tiersAreRoutedApart, trafficIsLogged } from './platform/network';
import { edgeIsGuarded, pagesAreServed } from './platform/site';
import { vendorsAreConfined } from './platform/vendors';

export const checks: readonly Check[] = [
  organizationIsGuarded, costsAreWatched, accountsWatchThemselves, namesAreDelegated,
  nobodyIsAdmitted, tiersAreRoutedApart, trafficIsLogged,
  clusterIsPrivate, interruptionsReachKarpenter, nodesAreBootstrapped,
  databaseIsEncryptedAndBackedUp, databaseUsersAreMade, databaseBackupsAreKept, databaseAlarmsAreSet, databaseHasKeysEverywhere,
  edgeIsGuarded, pagesAreServed,
  pipelinesFollowTheirBranches, imagesAreImmutable,
  vendorsAreConfined, keysRotate,
];
