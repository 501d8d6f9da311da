/**
 * Programs on the PATH of the builds in the place of what cannot be had here. Everything that one of them does is in its log, so that the
 * result can say what was real and what was not.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

export interface StandInOptions {
  readonly directory: string;
  /** The real ones. */
  readonly helm: string;
  readonly aws: string;
  /** The command line of this repository, with its arguments before the user's. */
  readonly library: readonly string[];
}

export interface StandIns {
  /** Goes to the front of the PATH. */
  readonly path: string;
  /** Calls, one a line, that were not answered by the real thing. */
  calls(): string[];
}

export function writeStandIns({ directory, helm, aws, library }: StandInOptions): StandIns {
  const folder = path.join(directory, 'stand-ins');
  const log = path.join(directory, 'stand-ins.log');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(log, '');
  const programs = { docker: docker(aws), curl: curl(helm), sha256sum: sha256sum(), npx: npx(library), aws: awsCli(aws) };
  for (const [name, text] of Object.entries(programs)) {
    fs.writeFileSync(path.join(folder, name), `#!/usr/bin/env bash\nset -euo pipefail\nnote() { printf '%s\\n' "$*" >> '${log}'; }\nreal() { PATH="\${PATH#'${folder}':}" command "$@"; }\n${text}`, { mode: 0o755 });
  }
  return { path: folder, calls: () => fs.readFileSync(log, 'utf8').split('\n').filter(line => line !== '') };
}

/** No engine and no base images: the image is a manifest of nothing, but it lies in the registry under a digest. */
function docker(aws: string): string {
  return `
note "docker $1\${2:+ $2}: not built, a manifest without layers is pushed"
case "$1" in
  login) cat > /dev/null ;;
  build | buildx)
    file=; folder="\${!#}"; previous=
    for argument in "$@"; do [ "$previous" != --file ] || file="$argument"; previous="$argument"; done
    [ -d "$folder" ] || { echo "There is no folder $folder."; exit 1; }
    grep -q '^FROM ' "$file" || { echo "$file is no Containerfile."; exit 1; } ;;
  push)
    image="\${!#}"; tag="\${image##*:}"; repository="\${image%:*}"; repository="\${repository#*/}"
    config="$(printf '{"architecture":"arm64","os":"linux","created-for":"%s"}' "$tag")"
    digest="sha256:$(printf %s "$config" | real sha256sum | cut -d ' ' -f 1)"
    manifest="$(printf '{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":%s,"digest":"%s"},"layers":[]}' "\${#config}" "$digest")"
    '${aws}' ecr put-image --repository-name "$repository" --image-tag "$tag" --image-manifest "$manifest" > /dev/null ;;
  *) echo "docker $1 has no stand-in."; exit 1 ;;
esac
`;
}

/** The pinned archives of tools: Helm is the one that was built here, syft lists nothing. Whatever else is asked is asked. */
function curl(helm: string): string {
  return `
output=; previous=; url="\${!#}"
for argument in "$@"; do [ "$previous" != --output ] || output="$argument"; previous="$argument"; done
pack() { # file, path in the archive
  work="$(mktemp -d)"; mkdir -p "$work/$(dirname "$2")"; cp "$1" "$work/$2"; tar --create --gzip --file "$output" --directory "$work" "$2"; touch "$output.stand-in"
}
program="$(mktemp)"
case "$url" in
  */helm-*-linux-arm64.tar.gz)
    note "download of $url: Helm as it was built here"
    printf '#!/bin/sh\\nexec %s "$@"\\n' '${helm}' > "$program"; chmod +x "$program"; pack "$program" linux-arm64/helm ;;
  */syft_*_linux_arm64.tar.gz)
    note "download of $url: a bill of materials without components"
    cat > "$program" <<'PROGRAM'
#!/bin/sh
for argument in "$@"; do case "$argument" in cyclonedx-json=*) printf '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}' > "\${argument#*=}" ;; esac; done
PROGRAM
    chmod +x "$program"; pack "$program" syft ;;
  *) exec_real() { PATH="\${PATH#*:}" exec curl "$@"; }; exec_real "$@" ;;
esac
`;
}

/** Of what the stand-in above made, the sum is of the real archive. */
function sha256sum(): string {
  return `
if [ "\${1:-}" = --check ]; then
  read -r sum file
  if [ -e "$file.stand-in" ]; then note "sum of $(basename "$file"): not compared"; exit 0; fi
  printf '%s  %s\\n' "$sum" "$file" | PATH="\${PATH#*:}" exec sha256sum "$@"
else
  PATH="\${PATH#*:}" exec sha256sum "$@"
fi
`;
}

/** The version of the library that made the pipeline is this one, published or not. */
function npx(library: readonly string[]): string {
  return `
for argument in "$@"; do
  case "$argument" in
    cdk-innovate-platform@*)
      note "npx $argument: the command line of this repository"
      while [ "$1" != "$argument" ]; do shift; done; shift
      exec ${library.map(part => `'${part}'`).join(' ')} "$@" ;;
  esac
done
PATH="\${PATH#*:}" exec npx "$@"
`;
}

/** The local registry scans nothing, and says nothing of an image that it does not have, where ECR ends with an error. */
function awsCli(aws: string): string {
  return `
case "$*" in
  "ecr start-image-scan "*) note "aws ecr start-image-scan: nothing is scanned"; echo '{}' ;;
  "ecr describe-image-scan-findings "*)
    note "aws ecr describe-image-scan-findings: no findings"
    echo '{"imageScanStatus":{"status":"COMPLETE"},"imageScanFindings":{"findings":[]}}' ;;
  "ecr describe-images "*)
    answer="$('${aws}' "$@")"
    if [ "$answer" = None ]; then echo "An error occurred (ImageNotFoundException) when calling the DescribeImages operation" >&2; exit 254; fi
    printf '%s\\n' "$answer" ;;
  *) exec '${aws}' "$@" ;;
esac
`;
}
