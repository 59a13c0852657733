# Build: docker build -t identityprovider .
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
ARG TARGETARCH
WORKDIR /source
COPY . .
RUN dotnet publish src/IdentityProvider.Server --configuration Release --arch $TARGETARCH --self-contained false \
    -p:PublishReadyToRun=true --output /app

# Chiseled: no shell, no package manager, and the user "app" instead of root. The -extra variant has ICU for the pages' languages.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled-extra
WORKDIR /app
COPY --from=build /app .
ENV ASPNETCORE_HTTP_PORTS=8080 \
    DOTNET_gcServer=0 \
    DOTNET_EnableDiagnostics=0
EXPOSE 8080
USER $APP_UID
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s --retries=3 CMD ["dotnet", "idp.dll", "healthcheck"]
ENTRYPOINT ["dotnet", "idp.dll"]
