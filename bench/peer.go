// A peer for the steady state: the same listings as the program's, signed, read into narrow structs by Go's standard library.
// It decides nothing and writes nothing. `go build -o peer bench/peer.go`
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	bucket     = "/volsync-backups"
	atOnce     = 16
	emptyHash  = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	wholeList  = "application/json"
	namesAlone = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func sum(key []byte, text string) []byte {
	hash := hmac.New(sha256.New, key)
	hash.Write([]byte(text))
	return hash.Sum(nil)
}

// sign adds the headers of AWS signature version 4 to a request without a body.
func sign(request *http.Request, query string) {
	stamp := time.Now().UTC().Format("20060102T150405Z")
	scope := stamp[:8] + "/us-east-1/s3/aws4_request"
	names := "host;x-amz-content-sha256;x-amz-date"
	canonical := strings.Join([]string{"GET", bucket, query, "host:" + request.URL.Host, "x-amz-content-sha256:" + emptyHash, "x-amz-date:" + stamp, "", names, emptyHash}, "\n")
	hashed := sha256.Sum256([]byte(canonical))
	key := []byte("AWS4" + os.Getenv("AWS_SECRET_ACCESS_KEY"))
	for _, part := range strings.Split(scope, "/") {
		key = sum(key, part)
	}
	signature := hex.EncodeToString(sum(key, "AWS4-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+hex.EncodeToString(hashed[:])))
	request.Header.Set("x-amz-date", stamp)
	request.Header.Set("x-amz-content-sha256", emptyHash)
	request.Header.Set("authorization", "AWS4-HMAC-SHA256 Credential="+os.Getenv("AWS_ACCESS_KEY_ID")+"/"+scope+", SignedHeaders="+names+", Signature="+signature)
}

type listing struct {
	IsTruncated           bool
	KeyCount              int
	NextContinuationToken string
	CommonPrefixes        []struct{ Prefix string }
}

var storage = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce, MaxConnsPerHost: atOnce}}

func folders(prefix string) (found []string) {
	for token := ""; ; {
		query := url.Values{"delimiter": {"/"}, "list-type": {"2"}, "prefix": {prefix}}
		if token != "" {
			query.Set("continuation-token", token)
		}
		encoded := strings.ReplaceAll(query.Encode(), "+", "%20")
		request := must(http.NewRequest("GET", os.Getenv("BENCH_S3")+bucket+"?"+encoded, nil))
		sign(request, encoded)
		response := must(storage.Do(request))
		var page listing
		must(0, xml.NewDecoder(response.Body).Decode(&page))
		response.Body.Close()
		for _, folder := range page.CommonPrefixes {
			found = append(found, folder.Prefix)
		}
		if !page.IsTruncated {
			return found
		}
		token = page.NextContinuationToken
	}
}

// object has the fields that the program reads of any of its seven kinds.
type object struct {
	Metadata struct {
		Name, Namespace, UID, ResourceVersion, CreationTimestamp, DeletionTimestamp string
		Labels, Annotations                                                         map[string]string
	}
	Spec struct {
		SourcePVC, StorageClassName, VolumeMode string
		AccessModes                             []string
		Trigger                                 struct{ Manual, Schedule string }
		Restic                                  struct{ Repository, CopyMethod, Capacity string }
		Resources                               struct{ Requests map[string]string }
	}
	Status struct {
		LastManualSync, LastSyncTime, LastSyncDuration, NextSyncTime, Phase, RestoreSize string
		ReadyToUse                                                                       bool
		LatestImage                                                                      struct{ APIGroup, Kind, Name string }
		LatestMoverStatus                                                                struct{ Logs, Result string }
	}
}

func objects(client *http.Client, path, selector, accept string) (found []object) {
	for next := ""; ; {
		address := os.Getenv("BENCH_KUBE") + path + "?limit=2500" + selector + "&continue=" + url.QueryEscape(next)
		request := must(http.NewRequest("GET", address, nil))
		request.Header.Set("accept", accept)
		request.Header.Set("accept-encoding", "identity")
		request.Header.Set("authorization", "Bearer bench")
		response := must(client.Do(request))
		var page struct {
			Metadata struct{ Continue string }
			Items    []object
		}
		must(0, json.NewDecoder(response.Body).Decode(&page))
		response.Body.Close()
		found = append(found, page.Items...)
		if next = page.Metadata.Continue; next == "" {
			return found
		}
	}
}

func repositories() (count int) {
	var lock sync.Mutex
	var workers sync.WaitGroup
	work := make(chan string)
	for range atOnce {
		workers.Go(func() {
			for namespace := range work {
				found := len(folders(namespace))
				lock.Lock()
				count += found
				lock.Unlock()
			}
		})
	}
	for _, namespace := range folders("") {
		if !strings.HasPrefix(namespace, ".") {
			work <- namespace
		}
	}
	close(work)
	workers.Wait()
	return count
}

func main() {
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(must(os.ReadFile(os.Getenv("BENCH_CA"))))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities}, ForceAttemptHTTP2: true}}
	lists := [][3]string{
		{"/api/v1/namespaces", "", namesAlone},
		{"/api/v1/secrets", "&fieldSelector=metadata.name%3Dvolsync-rustfs-base", namesAlone},
		{"/apis/volsync.backube/v1alpha1/replicationdestinations", "", wholeList},
		{"/apis/volsync.backube/v1alpha1/replicationsources", "", wholeList},
		{"/apis/snapshot.storage.k8s.io/v1/volumesnapshots", "", wholeList},
		{"/api/v1/persistentvolumeclaims", "&labelSelector=backup%20in%20(hourly,daily)", wholeList},
		{"/apis/batch/v1/jobs", "&labelSelector=app.kubernetes.io%2Fcreated-by%3Dvolsync", wholeList},
	}
	counts := make([]int, len(lists))
	seen := 0
	var all sync.WaitGroup
	all.Go(func() { seen = repositories() })
	for index, list := range lists {
		all.Go(func() { counts[index] = len(objects(client, list[0], list[1], list[2])) })
	}
	all.Wait()
	fmt.Println(seen, counts)
}
