/** What a node class has to say about an image. */
export interface NodeImageDetails {
  /** The pinned release. */
  readonly alias: string;
  /** The volumes that the image expects, with their share of the node's storage. */
  readonly devices: NodeImageDevice[];
}

/** A volume that an image expects. */
export interface NodeImageDevice {
  readonly deviceName: string;
  readonly gib: number;
}
