apiVersion: apps/v1
kind: {{ .Values.workload }}
metadata:
  name: {{ .Release.Name }}-shop
  namespace: {{ .Release.Namespace }}
  labels:
    app.kubernetes.io/name: shop
    app.kubernetes.io/instance: {{ .Release.Name | quote }}
spec:
  replicas: {{ .Values.replicas }}
  {{- if eq .Values.workload "StatefulSet" }}
  serviceName: {{ .Release.Name }}-shop
  {{- else }}
  strategy:
    type: Recreate
  {{- end }}
  selector:
    matchLabels:
      app.kubernetes.io/name: shop
      app.kubernetes.io/instance: {{ .Release.Name | quote }}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: shop
        app.kubernetes.io/instance: {{ .Release.Name | quote }}
        {{- if .Values.webhookErrors.enabled }}
        {{- include "webhook-error-exporter.sidecar.podLabels" .Subcharts.webhookErrors | nindent 8 }}
      annotations:
        {{- include "webhook-error-exporter.sidecar.podAnnotations" .Subcharts.webhookErrors | nindent 8 }}
        {{- end }}
    spec:
      automountServiceAccountToken: false
      {{- if .Values.webhookErrors.enabled }}
      {{- with include "webhook-error-exporter.sidecar.podSecurityContext" .Subcharts.webhookErrors }}
      securityContext:
        {{- . | nindent 8 }}
      {{- end }}
      initContainers:
        {{- include "webhook-error-exporter.sidecar.initContainers" .Subcharts.webhookErrors | nindent 8 }}
      {{- end }}
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
      {{- if .Values.webhookErrors.enabled }}
      volumes:
        {{- include "webhook-error-exporter.sidecar.volumes" .Subcharts.webhookErrors | nindent 8 }}
      {{- end }}
  {{- if and .Values.webhookErrors.enabled (eq .Values.workload "StatefulSet") }}
  {{- with include "webhook-error-exporter.sidecar.volumeClaimTemplates" .Subcharts.webhookErrors }}
  volumeClaimTemplates:
    {{- . | nindent 4 }}
  {{- end }}
  {{- end }}
