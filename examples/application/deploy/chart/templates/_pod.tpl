{{/* What the pods of the API and of its migrations have in common. */}}

{{- define "api.image" -}}
{{ printf "%s@%s" (required "image.repository is required" .Values.image.repository) (required "image.digest is required" .Values.image.digest) }}
{{- end }}

{{- define "api.securityContext" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "api.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  requests:
    cpu: {{ .Values.resources.requests.cpu | quote }}
    memory: {{ .Values.resources.requests.memory | quote }}
  limits:
    memory: {{ .Values.resources.limits.memory | quote }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  - name: authorities
    mountPath: /etc/database
    readOnly: true
{{- end }}

{{/* Given the ConfigMap of the connection's settings. */}}
{{- define "api.volumes" -}}
volumes:
  # those of the region's databases; the platform keeps them with the rest of the connection's settings
  - name: authorities
    configMap:
      name: {{ . }}
      items:
        - key: DATABASE_CERTIFICATE_AUTHORITIES
          path: authorities.pem
  - name: tmp
    emptyDir:
      # in memory, so that the key of the last hop is never on a disk
      medium: Memory
      sizeLimit: 32Mi
{{- end }}
