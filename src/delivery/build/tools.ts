/** A program that a build downloads, known by its content: what answers at the address is not trusted. */
interface Tool {
  readonly name: string;
  readonly url: string;
  readonly sha256: string;
  /** The program inside the archive. */
  readonly member: string;
}

/** Renders charts. @see https://github.com/helm/helm/releases/tag/v3.19.0 */
export const HELM: Tool = {
  name: 'helm',
  url: 'https://get.helm.sh/helm-v3.19.0-linux-arm64.tar.gz',
  sha256: '440cf7add0aee27ebc93fada965523c1dc2e0ab340d4348da2215737fc0d76ad',
  member: 'linux-arm64/helm',
};

/** Lists what an image is made of. @see https://github.com/anchore/syft/releases/tag/v1.52.0 */
export const SYFT: Tool = {
  name: 'syft',
  url: 'https://github.com/anchore/syft/releases/download/v1.52.0/syft_1.52.0_linux_arm64.tar.gz',
  sha256: 'c46d5e4c28e12aa4c5becfaa343ef1c7f89045b6b895f2c21d471c62db09c706',
  member: 'syft',
};

/** Puts the program into the folder `tools` beside the repository's own. */
export function downloadCommand({ name, url, sha256, member }: Tool): string {
  return [
    'mkdir -p "$TOOLS_DIR"',
    `curl --silent --show-error --fail --location --retry 3 --output "$TOOLS_DIR/${name}.tar.gz" ${url}`,
    `echo "${sha256}  $TOOLS_DIR/${name}.tar.gz" | sha256sum --check --quiet`,
    `tar --extract --gzip --file "$TOOLS_DIR/${name}.tar.gz" --to-stdout ${member} > "$TOOLS_DIR/${name}"`,
    `chmod +x "$TOOLS_DIR/${name}"`,
  ].join(' && ');
}
