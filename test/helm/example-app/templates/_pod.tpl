{{/* The application's pod, as it is without the sidecar. */}}
{{- define "shop.pod" -}}
metadata:
  labels:
    app.kubernetes.io/name: shop
    app.kubernetes.io/instance: {{ .Release.Name | quote }}
spec:
  automountServiceAccountToken: false
  containers:
    - name: shop
      image: registry.example.com/shop:1.0.0
      ports:
        - name: http
          containerPort: 8080
      readinessProbe:
        httpGet:
          path: /ready
          port: 8080
      resources:
        requests:
          cpu: 100m
          memory: 128Mi
        limits:
          memory: 128Mi
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        runAsUser: 10001
        seccompProfile:
          type: RuntimeDefault
        capabilities:
          drop:
            - ALL
{{- end }}
