import { RestoreSource } from '../database/restore-source';

/** A database that takes the place of one before it, with its data of some moment. */
export interface PlatformRestoredDatabase {
  /** Id of the construct, such as `Database2`; it names the cluster and stays for as long as the database exists. */
  readonly id: string;
  /** Where the data comes from. It stays as well. */
  readonly restoreFrom: RestoreSource;
}
